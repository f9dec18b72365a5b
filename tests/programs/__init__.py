"""Programs that tests search, as scenario factories; each module says where its programs are from."""
