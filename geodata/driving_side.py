from gridmap.travel.profile import MODES
def drives_left(lonlat):
    import numpy as np
    x,y=np.nanmean(lonlat,axis=0); return bool(-11<x<1.8 and 49<y<61)
