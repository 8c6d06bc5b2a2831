"""What the back office makes of events, by rules that know no order of arrival."""
