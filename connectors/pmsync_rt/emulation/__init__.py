"""The parts of the stand-in Request Tracker."""
