{
    // Product.AccumulateCore<Fp32x16, StoredFp32, LaneBeta>
    global float* left = var0;
    global float* panel = var1;
    global float* target = var2;
    global float* factors = var3;
    global float* ahead = (global float*)var4;
    global long* offsetsAhead = var5;
    const int shape_RowStride = var6.field_0;
    const int shape_Blocks = var6.field_3;
    const int shape_Depth = var6.field_4;
    const int shape_RowsAhead = var6.field_5;
    const int shape_BlockStride = var6.field_2;
    const int shape_LengthAhead = var6.field_6;
    const int shape_DepthStride = var6.field_1;
    const float16 f0 = vload16(0, factors), f1 = vload16(1, factors);
    const long stride = shape_RowStride;
    const int pause = max(1, shape_Blocks * shape_Depth / max(1, shape_RowsAhead));
    int issued = 0;
    for (int block = 0; block < shape_Blocks; block++, left += shape_BlockStride, target += 256) {
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
        for (int k = 0; k < shape_Depth;) {
            int stop = shape_Depth;
            if (issued < shape_RowsAhead) {
                const global float* row = ahead + offsetsAhead[issued++];
                for (int i = 0; i < shape_LengthAhead; i += 16) {
#if defined(__clang__)
                    __builtin_prefetch(row + i, 0, 2);
#endif
                }
                stop = min(stop, k + pause);
            }
            for (; k < stop; k++, a += shape_DepthStride, p += 32) {
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
