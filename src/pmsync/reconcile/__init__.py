"""How replicas come to agree: surfaces, lenses, merge, matching, plan, rails. Pure: functions of values."""
