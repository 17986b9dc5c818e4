"""make_variable_rate_cuts.py VIDEO.mp4 OUT.json: when PySceneDetect 0.7.2 cuts a video whose frame rate varies, in seconds.

Needs scenedetect==0.7.2 with OpenCV. Called with Tests/MediaTests/Fixtures/vfr.mp4 it gave pyscenedetect-0.7-vfr.json beside it.
"""
import json
import sys

import scenedetect
from scenedetect import SceneManager, open_video
from scenedetect.detector import FlashFilter
from scenedetect.detectors import AdaptiveDetector, ContentDetector, HashDetector, HistogramDetector, ThresholdDetector

CASES = [
    ("content", ContentDetector, [
        {}, {"threshold": 15.0}, {"threshold": 8.0, "min_scene_len": 5}, {"threshold": 8.0, "min_scene_len": "0.5s"},
        {"threshold": 5.0, "min_scene_len": 20}, {"threshold": 5.0, "min_scene_len": 20, "filter_mode": "suppress"}]),
    ("adaptive", AdaptiveDetector, [
        {}, {"adaptive_threshold": 1.5, "min_content_val": 5.0, "min_scene_len": 4},
        {"adaptive_threshold": 1.5, "min_content_val": 5.0, "min_scene_len": "0.4s"}]),
    ("threshold", ThresholdDetector, [
        {}, {"threshold": 40, "fade_bias": 0.5, "min_scene_len": 5}, {"threshold": 60, "fade_bias": -0.7},
        {"threshold": 60, "add_final_scene": True}]),
    ("histogram", HistogramDetector, [{}, {"threshold": 0.05, "min_scene_len": 8}]),
    ("hash", HashDetector, [{}, {"threshold": 0.2, "min_scene_len": 8}]),
]

video, out = sys.argv[1:]
assert scenedetect.__version__ == "0.7.2"
cases = []
for name, detector, choices in CASES:
    for options in choices:
        arguments = dict(options)
        if "filter_mode" in options:
            arguments["filter_mode"] = FlashFilter.Mode[options["filter_mode"].upper()]
        manager = SceneManager()
        manager.add_detector(detector(**arguments))
        manager.detect_scenes(open_video(video, backend="opencv"))
        times = [round(cut.seconds, 6) for cut in manager.get_cut_list(show_warning=False)]
        cases.append({"video": "vfr", "detector": name, "options": options, "times": times})
with open(out, "w") as file:
    json.dump({"version": scenedetect.__version__, "cases": cases}, file, separators=(",", ":"))
