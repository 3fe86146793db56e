{
    // PackedGemm.ProductCore<StoredFp32, Fp32x8>
    global float* left = var0;
    const int rowStride = var1;
    const int depthStride = 1;
    const int blockStride = var2;
    global float* panel = var3;
    global float* target = var4;
    const int blocks = var5;
    const int depth = var6;
    global float* ahead = (global float*)var7;
    global long* offsetsAhead = var8;
    const int rowsAhead = var9;
    const int dimensionAhead = var10;
    const long stride = rowStride;
    const int pause = max(1, blocks * depth / max(1, rowsAhead));
    int asked = 0;
    for (int block = 0; block < blocks; block++, left += blockStride, target += 64) {
        float8 c0 = 0.0f, d0 = 0.0f;
        float8 c1 = 0.0f, d1 = 0.0f;
        float8 c2 = 0.0f, d2 = 0.0f;
        float8 c3 = 0.0f, d3 = 0.0f;
        const global float* a = left;
        const global float* p = panel;
        for (int k = 0; k < depth;) {
            int stop = depth;
            if (asked < rowsAhead) {
                const global float* row = ahead + offsetsAhead[asked++];
                for (int i = 0; i < dimensionAhead; i += 16) {
#if defined(__clang__)
                    __builtin_prefetch(row + i, 0, 2);
#endif
                }
                stop = min(stop, k + pause);
            }
            for (; k < stop; k++, a += depthStride, p += 16) {
                const float8 p0 = vload8(0, p), p1 = vload8(1, p);
                { const float8 x = a[0 * stride]; c0 = fma(x, p0, c0); d0 = fma(x, p1, d0); }
                { const float8 x = a[1 * stride]; c1 = fma(x, p0, c1); d1 = fma(x, p1, d1); }
                { const float8 x = a[2 * stride]; c2 = fma(x, p0, c2); d2 = fma(x, p1, d2); }
                { const float8 x = a[3 * stride]; c3 = fma(x, p0, c3); d3 = fma(x, p1, d3); }
            }
        }
        vstore8(c0, 0, target); vstore8(d0, 1, target);
        vstore8(c1, 2, target); vstore8(d1, 3, target);
        vstore8(c2, 4, target); vstore8(d2, 5, target);
        vstore8(c3, 6, target); vstore8(d3, 7, target);
    }
}
