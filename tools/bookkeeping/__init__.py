"""The exported journal of one legal entity in the languages of bookkeeping programs."""
