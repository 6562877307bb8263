"""Rules of ``audit``: the encoding of an entry, the tree, signed notes, and their verification."""
