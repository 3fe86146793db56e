{
    // PackedGemm.ScaledProductCore<StoredFp32, Fp32x16>
    global float* left = var0;
    const int rowStride = 1;
    const int depthStride = 8;
    const int blockStride = var1;
    global float* panel = var2;
    global float* target = var3;
    const int blocks = var4;
    const int depth = var5;
    global float* ahead = (global float*)var6;
    global long* offsetsAhead = var7;
    const int rowsAhead = var8;
    const int dimensionAhead = var9;
    global float* factors = var10;
    const float16 f0 = vload16(0, factors), f1 = vload16(1, factors);
    const long stride = rowStride;
    const int pause = max(1, blocks * depth / max(1, rowsAhead));
    int asked = 0;
    for (int block = 0; block < blocks; block++, left += blockStride, target += 256) {
        float16 c0 = vload16(0, target) * f0, d0 = vload16(1, target) * f1;
        float16 c1 = vload16(2, target) * f0, d1 = vload16(3, target) * f1;
        float16 c2 = vload16(4, target) * f0, d2 = vload16(5, target) * f1;
        float16 c3 = vload16(6, target) * f0, d3 = vload16(7, target) * f1;
        float16 c4 = vload16(8, target) * f0, d4 = vload16(9, target) * f1;
        float16 c5 = vload16(10, target) * f0, d5 = vload16(11, target) * f1;
        float16 c6 = vload16(12, target) * f0, d6 = vload16(13, target) * f1;
        float16 c7 = vload16(14, target) * f0, d7 = vload16(15, target) * f1;
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
            for (; k < stop; k++, a += depthStride, p += 32) {
                const float16 p0 = vload16(0, p), p1 = vload16(1, p);
                { const float16 x = a[0 * stride]; c0 = fma(x, p0, c0); d0 = fma(x, p1, d0); }
                { const float16 x = a[1 * stride]; c1 = fma(x, p0, c1); d1 = fma(x, p1, d1); }
                { const float16 x = a[2 * stride]; c2 = fma(x, p0, c2); d2 = fma(x, p1, d2); }
                { const float16 x = a[3 * stride]; c3 = fma(x, p0, c3); d3 = fma(x, p1, d3); }
                { const float16 x = a[4 * stride]; c4 = fma(x, p0, c4); d4 = fma(x, p1, d4); }
                { const float16 x = a[5 * stride]; c5 = fma(x, p0, c5); d5 = fma(x, p1, d5); }
                { const float16 x = a[6 * stride]; c6 = fma(x, p0, c6); d6 = fma(x, p1, d6); }
                { const float16 x = a[7 * stride]; c7 = fma(x, p0, c7); d7 = fma(x, p1, d7); }
            }
        }
        vstore16(c0, 0, target); vstore16(d0, 1, target);
        vstore16(c1, 2, target); vstore16(d1, 3, target);
        vstore16(c2, 4, target); vstore16(d2, 5, target);
        vstore16(c3, 6, target); vstore16(d3, 7, target);
        vstore16(c4, 8, target); vstore16(d4, 9, target);
        vstore16(c5, 10, target); vstore16(d5, 11, target);
        vstore16(c6, 12, target); vstore16(d6, 13, target);
        vstore16(c7, 14, target); vstore16(d7, 15, target);
    }
}
