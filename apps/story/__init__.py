"""What is known of one payment, put together from those who remember: no service has it all."""
