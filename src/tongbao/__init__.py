"""Tongbao: the open-source clearing house for loyalty points."""
