"""Figures, one file a family: functions take frames and axes and return the axes; styles are set by whoever draws."""
