"""What a product is: items, the records that show them, the fields they share. Pure: no clock, network, database or logger."""
