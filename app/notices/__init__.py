"""Notices (通知消息) and SMS: what people are told, once, also while they are logged out."""
