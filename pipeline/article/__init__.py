"""The pure logic of the article: evidence, cleaning, plan, alignment, check."""
