"""The optimal set as a polytope: its corners, edges, ranges and faces, with every comparison proved."""
