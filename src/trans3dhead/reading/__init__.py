"""Files that strangers may have made, checked before anything is allocated: nothing in them is more than data."""
