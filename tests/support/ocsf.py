"""Checks events against the rules of OCSF 1.4.0: which attributes there are, of what type, with which
values, and which are required.

Source: https://schema.ocsf.io/1.4.0/classes/{authentication,network_activity,detection_finding,
compliance_finding,base_event} and the objects that they name; of each the part that we use. An
attribute that is not listed here is an error, because the schema may not have it.
"""
import ipaddress
import re

UNKNOWN_OTHER = {0: "Unknown", 99: "Other"}
SEVERITIES = UNKNOWN_OTHER | {1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical",
                              6: "Fatal"}
STATUSES = UNKNOWN_OTHER | {1: "Success", 2: "Failure"}
PROTOCOLS = UNKNOWN_OTHER | {1: "NTLM", 2: "Kerberos", 3: "Digest", 4: "OpenID", 5: "SAML",
                             6: "OAUTH 2.0", 7: "PAP", 8: "CHAP", 9: "EAP", 10: "RADIUS",
                             11: "Basic Authentication"}
DIRECTIONS = UNKNOWN_OTHER | {1: "Inbound", 2: "Outbound", 3: "Lateral"}
ANALYTICS = UNKNOWN_OTHER | {1: "Rule", 2: "Behavioral", 3: "Statistical", 4: "Learning (ML/DL)"}
ALGORITHMS = UNKNOWN_OTHER | {1: "MD5", 2: "SHA-1", 3: "SHA-256", 4: "SHA-512"}
COMPLIANCES = UNKNOWN_OTHER | {1: "Pass", 2: "Warning", 3: "Fail"}

# A type is a Python type, an enumeration (whose caption is another attribute), the name of an object,
# or [a type] for an array. "!" behind a name: required. "|": one of these must be there.
OBJECTS = {
    "metadata": {"version!": str, "product!": "product", "uid": str, "sequence": int,
                 "log_name": str, "log_provider": str},
    "product": {"name": str, "vendor_name!": str, "version": str},
    "user": {"name": str, "uid": str, "domain": str, "|": ("account", "name", "uid")},
    "actor": {"user": "user", "|": ("process", "user", "invoked_by", "session", "app_name")},
    "network_endpoint": {"ip": "ip_t", "port": "port_t", "mac": "mac_t", "hostname": str,
                         "uid": str, "vlan_uid": str,
                         "|": ("ip", "uid", "name", "hostname", "svc_name", "instance_uid",
                               "interface_uid", "interface_name")},
    "service": {"name": str, "uid": str, "|": ("name", "uid")},
    "http_request": {"http_method": str, "user_agent": str, "url": "url"},
    "url": {"path": str, "hostname": str},
    "network_connection_info": {"direction_id!": (DIRECTIONS, "direction"), "direction": str,
                                "protocol_name": str, "community_uid": str},
    "tls": {"version!": str, "cipher": str, "sni": str, "ja3_hash": "fingerprint",
            "ja3s_hash": "fingerprint"},
    "fingerprint": {"algorithm_id!": (ALGORITHMS, "algorithm"), "algorithm": str, "value!": str},
    "finding_info": {"uid!": str, "title": str, "analytic": "analytic"},
    "analytic": {"type_id!": (ANALYTICS, "type"), "type": str, "name": str, "uid": str,
                 "|": ("name", "uid")},
    "evidences": {"src_endpoint": "network_endpoint", "dst_endpoint": "network_endpoint",
                  "connection_info": "network_connection_info", "actor": "actor"},
    "resource_details": {"uid": str, "ip": "ip_t", "hostname": str},
    "compliance": {"control": str, "standards!": [str], "status_id": (COMPLIANCES, "status"),
                   "status": str},
}

BASE = {
    "class_uid!": int, "class_name": str, "category_uid!": int, "category_name": str,
    "activity_id!": int, "activity_name": str, "type_uid!": int, "type_name": str,
    "time!": "timestamp_t", "start_time": "timestamp_t", "end_time": "timestamp_t", "count": int,
    "severity_id!": (SEVERITIES, "severity"), "severity": str, "message": str,
    "metadata!": "metadata", "unmapped": dict,
}
ACTIVITY = BASE | {
    "status_id": (STATUSES, "status"), "status": str, "status_detail": str, "status_code": str,
    "src_endpoint": "network_endpoint", "dst_endpoint": "network_endpoint",
}
FINDING = BASE | {"finding_info!": "finding_info", "resources": ["resource_details"]}
CLASSES = {  # number: (category, activities, attributes)
    3002: (3, range(1, 7), ACTIVITY | {
        "user!": "user", "auth_protocol_id": (PROTOCOLS, "auth_protocol"), "auth_protocol": str,
        "is_cleartext": bool, "is_remote": bool, "service": "service",
        "http_request": "http_request", "|": ("service", "dst_endpoint")}),
    4001: (4, range(1, 8), ACTIVITY | {
        "app_name": str, "connection_info": "network_connection_info", "tls": "tls",
        "|": ("dst_endpoint", "src_endpoint")}),
    2004: (2, range(1, 4), FINDING | {"is_alert": bool, "evidences": ["evidences"]}),
    2003: (2, range(1, 4), FINDING | {"compliance!": "compliance"}),
    0: (0, (0, 99), BASE),
}


def complaints(event):
    """What is wrong with an event, in words."""
    if event.get("class_uid") not in CLASSES:
        yield f"class_uid {event.get('class_uid')}"
        return
    category, activities, attributes = CLASSES[event["class_uid"]]
    if event.get("category_uid") != category or event.get("activity_id") not in activities:
        yield f"category {event.get('category_uid')}, activity {event.get('activity_id')}"
    if event.get("type_uid") != event["class_uid"] * 100 + event.get("activity_id", 0):
        yield f"type_uid {event.get('type_uid')}"
    yield from object_complaints("", attributes, event)


def object_complaints(path, attributes, found):
    known = {name.rstrip("!"): kind for name, kind in attributes.items() if name != "|"}
    for name in attributes:
        if name.endswith("!") and name[:-1] not in found:
            yield f"{path}{name[:-1]} is required"
    if "|" in attributes and not any(name in found for name in attributes["|"]):
        yield f"{path or 'event'} has none of {attributes['|']}"
    for name, value in found.items():
        if name not in known:
            yield f"{path}{name} is no attribute"
        else:
            yield from value_complaints(path + name, known[name], value, found)


def value_complaints(path, kind, value, siblings):
    if isinstance(kind, list):
        if not isinstance(value, list):
            yield f"{path} is no array"
            return
        for member in value:
            yield from value_complaints(path + "[]", kind[0], member, siblings)
    elif isinstance(kind, tuple):
        yield from enum_complaints(path, kind, value, siblings)
    elif isinstance(kind, str) and kind in OBJECTS:
        if not isinstance(value, dict):
            yield f"{path} is no object"
            return
        yield from object_complaints(path + ".", OBJECTS[kind], value)
    elif not is_of(kind, value):
        yield f"{path} is {value!r}"


def enum_complaints(path, kind, value, siblings):
    """99 says with its caption what else it is; every other number has one caption."""
    captions, caption = kind
    if type(value) is not int or value not in captions:
        yield f"{path} is {value!r}"
    elif value != 99 and siblings.get(caption, captions[value]) != captions[value]:
        yield f"{path} is {value}, {siblings[caption]!r}"
    elif value == 99 and not siblings.get(caption):
        yield f"{path} is 99 without words"


def is_of(kind, value):
    if kind == "timestamp_t":
        return type(value) is int and value >= 0
    if kind == "port_t":
        return type(value) is int and 0 <= value <= 65535
    if kind == "ip_t":
        return isinstance(value, str) and ipaddress.ip_address(value) is not None
    if kind == "mac_t":
        return re.fullmatch(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", value) is not None
    return type(value) is kind
