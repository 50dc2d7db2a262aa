"""Every head of a video with an id that stays: `python examples/track.py clip.mp4`."""

import sys

import cv2

from trans3dhead import Predictor
from trans3dhead.inference import HeadTracker

if len(sys.argv) != 2:
    sys.exit("expected the path of a video: python examples/track.py clip.mp4")
video = cv2.VideoCapture(sys.argv[1])
if not video.isOpened():
    sys.exit(f"{sys.argv[1]}: OpenCV cannot read it as a video")
tracker = HeadTracker(Predictor(), every=10)
number = 0
while True:
    there, frame = video.read()
    if not there:
        break
    for tracked in tracker(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)):
        pose = tracked.head.pose
        print(f"frame {number}, head {tracked.id}: yaw {pose.yaw:+.1f}, pitch {pose.pitch:+.1f}, roll {pose.roll:+.1f}")
    number += 1
