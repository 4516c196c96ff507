"""State → strings: what the screens show, without Kivy. One module per screen."""
