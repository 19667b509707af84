"""The search engine of periodic routes: compiled inner loops and the two methods that use them."""
