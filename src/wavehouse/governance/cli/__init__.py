"""``wavehouse retention``, ``wavehouse classify``, ``wavehouse lineage``."""
