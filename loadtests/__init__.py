"""How fast it is: ratios within one run (`bench`), and people at work (`locustfile`)."""
