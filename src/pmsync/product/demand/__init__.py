"""What customers ask for, counted: whose voices an item has, and what they weigh."""

from pmsync.product.demand.counting import demand
from pmsync.product.demand.directory import Directory, Origin
from pmsync.product.demand.parts import Demand, Part, Standing, Voice
from pmsync.product.demand.policy import DemandPolicy, RateMissing

__all__ = ["Demand", "DemandPolicy", "Directory", "Origin", "Part", "RateMissing", "Standing", "Voice", "demand"]
