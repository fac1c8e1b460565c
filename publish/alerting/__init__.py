"""Alerts: what is due, kept until it is sent, and the channels it goes out on."""
