"""Views of REST v1: they translate, call the services below, and log who read whom."""
