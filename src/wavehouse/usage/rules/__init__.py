"""Pure rules of usage: amounts, prices, periods, price maps, plausibility of what is reported."""
