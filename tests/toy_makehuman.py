"""A cap as MakeHuman's assets are: its binding to the body and its mesh."""

MHCLO = """# a comment
name cap
obj_file cap.obj
x_scale 5 6 2.0
y_scale 7 8 1.0
z_scale 9 10 4.0
verts 0
 1 2 3 0.5 0.25 0.25 0.1 -0.2 0.3
z_depth 50
material cap.mhmat
4
12 13 14 1.0 0.0 0.0 0.0 0.0 0.0
delete_verts
20 - 30
"""
OBJ = """v 0 0 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
f 1/1 2/2 3/3
f 1/1 2/2 3/3 1/4
"""
