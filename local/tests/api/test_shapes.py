"""The comparison itself: what the model does not allow is found."""

import unittest

from botocore.model import ShapeResolver

from shapes import mismatches

SHAPES = {
    "Thing": {
        "type": "structure",
        "required": ["name"],
        "members": {
            "name": {"shape": "Name"},
            "kinds": {"shape": "Kinds"},
            "sizes": {"shape": "Sizes"},
            "at": {"shape": "At"},
            "on": {"shape": "On"},
        },
    },
    "Name": {"type": "string", "min": 1, "max": 3, "pattern": "[a-z]+"},
    "Kind": {"type": "string", "enum": ["A", "B"]},
    "Kinds": {"type": "list", "member": {"shape": "Kind"}, "max": 2},
    "Size": {"type": "integer", "min": 0, "max": 9},
    "Sizes": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Size"}},
    "At": {"type": "timestamp"},
    "On": {"type": "boolean"},
}


class Mismatches(unittest.TestCase):
    def found(self, value):
        shape = ShapeResolver(SHAPES).get_shape_by_name("Thing")
        return [mismatch.partition(":")[0] for mismatch in mismatches(shape, value)]

    def test_what_is_allowed(self):
        self.assertEqual(self.found({"name": "abc"}), [])
        whole = {"name": "a", "kinds": ["A", "B"], "sizes": {"b": 9}, "at": 1.5, "on": False}
        self.assertEqual(self.found(whole), [])

    def test_what_is_not(self):
        for value, places in (
            ([], [""]),
            ({}, [".name"]),
            ({"name": None}, [".name"]),
            ({"name": ""}, [".name", ".name"]),
            ({"name": "abcd"}, [".name"]),
            ({"name": "a\n"}, [".name"]),
            ({"name": "a", "more": 1}, [".more"]),
            ({"name": "a", "kinds": "A"}, [".kinds"]),
            ({"name": "a", "kinds": ["A", "a"]}, [".kinds[1]"]),
            ({"name": "a", "kinds": ["A", "A", "A"]}, [".kinds"]),
            ({"name": "a", "sizes": {"B": 10}}, [".sizes key", ".sizes.B"]),
            ({"name": "a", "sizes": {"b": "1"}}, [".sizes.b"]),
            ({"name": "a", "sizes": {"b": True}}, [".sizes.b"]),
            ({"name": "a", "sizes": {"b": 1.5}}, [".sizes.b"]),
            ({"name": "a", "at": "2026-01-01"}, [".at"]),
            ({"name": "a", "on": 1}, [".on"]),
        ):
            self.assertEqual(self.found(value), places, value)


if __name__ == "__main__":
    unittest.main()
