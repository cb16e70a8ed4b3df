"""The tables of the development authorization server, in the file of its token store."""
