"""Figures that several sections or notebooks draw: functions of frames and axes; styles are set by whoever draws."""
