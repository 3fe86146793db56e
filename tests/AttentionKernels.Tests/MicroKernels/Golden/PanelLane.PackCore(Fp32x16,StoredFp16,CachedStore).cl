{
    // PanelLane.PackCore<Fp32x16, StoredFp16, CachedStore>
    global float* lane = var0;
    global half* row = (global half*)var1;
    const int count = var2;
    const int stride = 32;
    for (int i = 0; i < count; i++) lane[i * stride] = vload_half(i, row);
}
