"""What a product manager decides: scores, priorities, what fits a period, progress, drift, the picture. Pure: functions of values."""
