"""Files of posed bodies for other programs: meshes, skinned animations, skeletons and arrays."""
