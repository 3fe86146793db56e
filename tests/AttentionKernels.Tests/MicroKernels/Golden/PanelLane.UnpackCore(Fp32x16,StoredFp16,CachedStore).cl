{
    // PanelLane.UnpackCore<Fp32x16, StoredFp16, CachedStore>
    global float* lane = var0;
    const float factor = var1;
    global half* row = (global half*)var2;
    const int count = var3;
    const int stride = 32;
    for (int i = 0; i < count; i++) {
        const float x = factor * lane[i * stride];
        vstore_half_rte(x, i, row);
    }
}
