"""Reading usage consoles: from a page or a picture of one to typed rows, and from rows to decisions."""
