"""Eyes and hands for agents: tools that look at pages, consoles and PDFs, and act on what they see."""

__version__ = "0.1.0"
