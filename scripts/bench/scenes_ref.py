"""PySceneDetect on one video with the same output as scene-bench: one line of JSON."""
import json
import sys
import time

from scenedetect import SceneManager, open_video
from scenedetect.detectors import AdaptiveDetector, ContentDetector, HashDetector, HistogramDetector, ThresholdDetector

DETECTORS = {
    "content": ContentDetector, "adaptive": AdaptiveDetector, "threshold": ThresholdDetector,
    "histogram": HistogramDetector, "hash": HashDetector,
}
path, name = sys.argv[1], sys.argv[2]
start = time.monotonic()
manager = SceneManager()
manager.add_detector(DETECTORS[name]())
frames = manager.detect_scenes(open_video(path, backend="opencv"))
cuts = [getattr(cut, "frame_num", None) for cut in manager._get_cutting_list()]
print(json.dumps({"frames": frames, "scan": time.monotonic() - start, "cuts": {name: cuts}}))
