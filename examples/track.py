"""Every head of a video with an id that stays, steadied: `python examples/track.py clip.mp4`."""

import sys

from trans3dhead import Predictor
from trans3dhead.inference import HeadSmoother, HeadTracker, Video

if len(sys.argv) != 2:
    sys.exit("expected the path of a video: python examples/track.py clip.mp4")
tracker, smoother = HeadTracker(Predictor(), every=10), HeadSmoother()
with Video(sys.argv[1]) as video:
    for frame in video:
        for one in smoother(tracker(frame.pixels, frame.time), frame.time):
            pose = one.head.pose
            angles = f"yaw {pose.yaw:+.1f}, pitch {pose.pitch:+.1f}, roll {pose.roll:+.1f}"
            print(f"frame {frame.number}, {frame.time:.2f} s, head {one.id}: {angles}")
