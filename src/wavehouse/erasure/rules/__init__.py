"""Pure rules of erasure: deadlines, states, plans, identifiers, certificates."""
