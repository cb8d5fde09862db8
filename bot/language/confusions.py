"""What the packaged recogniser wrote for syllables of telephone speech, as measured.

Keys are syllables as spoken, values as heard. Beyond the regular confusions of
``pinyin.fold``; used only inside phrases of three syllables or more, where one
wrong syllable leaves enough of the phrase.
"""

HEARD_AS: dict[str, tuple[str, ...]] = {
    "kun": ("kui",),
    "qi": ("qu",),
    "chu": ("chou",),
    "dong": ("dao", "duo"),
    "zhuan": ("zai",),
    "shou": ("xiu",),
    "le": ("deng",),
    "dao": ("duo",),
}
