from hypothesis import settings

# a loaded machine makes nothing wrong, so no example has a deadline
settings.register_profile("domain", deadline=None, max_examples=60)
settings.load_profile("domain")
