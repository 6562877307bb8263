"""The numbered rules of the classification, by subject; ``checking`` runs all of them."""
