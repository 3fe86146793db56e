{
    // Product.AccumulateCore<Fp32x8, StoredInt4, ZeroBeta>
    global float* left = var0;
    global float* panel = var1;
    global float* target = var2;
    global uchar* ahead = (global uchar*)var3;
    global long* offsetsAhead = var4;
    const int shape_RowStride = var5.field_0;
    const int shape_Blocks = var5.field_3;
    const int shape_Depth = var5.field_4;
    const int shape_RowsAhead = var5.field_5;
    const int shape_BlockStride = var5.field_2;
    const int shape_LengthAhead = var5.field_6;
    const int shape_DepthStride = var5.field_1;
    const long stride = shape_RowStride;
    const int pause = max(1, shape_Blocks * shape_Depth / max(1, shape_RowsAhead));
    int issued = 0;
    for (int block = 0; block < shape_Blocks; block++, left += shape_BlockStride, target += 64) {
        float8 c0 = 0.0f, d0 = 0.0f;
        float8 c1 = 0.0f, d1 = 0.0f;
        float8 c2 = 0.0f, d2 = 0.0f;
        float8 c3 = 0.0f, d3 = 0.0f;
        const global float* a = left;
        const global float* p = panel;
        for (int k = 0; k < shape_Depth;) {
            int stop = shape_Depth;
            if (issued < shape_RowsAhead) {
                const global uchar* row = ahead + offsetsAhead[issued++];
                for (int i = 0; i < shape_LengthAhead; i += 128) {
#if defined(__clang__)
                    __builtin_prefetch(row + i / 2, 0, 2);
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
