"""script/wire: when a till speaks to its Backoffice, seen on the wire between real processes."""
