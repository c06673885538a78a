"""The pure logic of speech: windows, turns, clustering, words to voices."""
