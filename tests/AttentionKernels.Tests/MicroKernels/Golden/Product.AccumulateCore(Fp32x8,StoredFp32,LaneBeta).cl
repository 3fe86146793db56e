{
    // Product.AccumulateCore<Fp32x8, StoredFp32, LaneBeta>
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
    const float8 f0 = vload8(0, factors), f1 = vload8(1, factors);
    const long stride = shape_RowStride;
    const int pause = max(1, shape_Blocks * shape_Depth / max(1, shape_RowsAhead));
    int issued = 0;
    for (int block = 0; block < shape_Blocks; block++, left += shape_BlockStride, target += 64) {
        float8 c0 = vload8(0, target) * f0, d0 = vload8(1, target) * f1;
        float8 c1 = vload8(2, target) * f0, d1 = vload8(3, target) * f1;
        float8 c2 = vload8(4, target) * f0, d2 = vload8(5, target) * f1;
        float8 c3 = vload8(6, target) * f0, d3 = vload8(7, target) * f1;
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
            for (; k < stop; k++, a += shape_DepthStride, p += 16) {
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
