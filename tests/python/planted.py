"""Made-up personal data that the tests send to the server and then look for where it must not be.

Every value is long or odd enough never to occur by chance. The facts carry a canary of their own.
"""

PLAIN_NAME = "欧阳试验甲"
MINORITY_NAME = "阿依古丽·买买提江试验"  # U+00B7, a legitimate name
RARE_NAME = "𠮷田𪚥试验"  # two characters beyond the Basic Multilingual Plane
PHONE = "13910987654"
OTHER_PHONE = "17012349876"
ID_NUMBER = "11010519491231002X"
ADDRESS = "试验省植入市探针路七十三号"
FACTS = "植入的事实探针：羽绒服穿了两天就跑绒，要求退货。"

PERSONAL = (
    PLAIN_NAME,
    MINORITY_NAME,
    RARE_NAME,
    PHONE,
    OTHER_PHONE,
    ID_NUMBER,
    ADDRESS,
    FACTS,
)
