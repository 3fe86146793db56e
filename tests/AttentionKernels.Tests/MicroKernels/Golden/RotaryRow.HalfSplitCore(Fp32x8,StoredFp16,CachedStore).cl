{
    // RotaryRow.HalfSplitCore<Fp32x8, StoredFp16, CachedStore>
    global half* row = (global half*)var0;
    global float* cosine = var1;
    global float* sine = var2;
    global half* target = (global half*)var3;
    const int shape_Heads = var4.field_2;
    const long shape_RowStride = var4.field_0;
    const long shape_TargetStride = var4.field_1;
    const int shape_Pairs = var4.field_3;
    const int shape_Dimension = var4.field_4;
    for (int head = 0; head < shape_Heads; head++) {
        const global half* r = row + head * shape_RowStride;
        global half* t = target + head * shape_TargetStride;
        const int streams = 0;
        int i = 0;
        for (; i + 8 <= shape_Pairs; i += 8) {
            const float8 a = vload_half8(0, r + (i)), b = vload_half8(0, r + (shape_Pairs + i));
            const float8 c = vload8(0, cosine + i), s = vload8(0, sine + i);
            const float8 bs = b * s, bc = b * c;
            const float8 x = fma(a, c, -bs), y = fma(a, s, bc);
            vstore_half8_rte(x, 0, t + i);
            vstore_half8_rte(y, 0, t + shape_Pairs + i);
        }
        for (; i < shape_Pairs; i++) {
            const float a = vload_half(i, r), b = vload_half(shape_Pairs + i, r);
            const float bs = b * sine[i], bc = b * cosine[i], x = fma(a, cosine[i], -bs), y = fma(a, sine[i], bc);
            vstore_half_rte(x, i, t);
            vstore_half_rte(y, shape_Pairs + i, t);
        }
        for (i = 2 * shape_Pairs; i < shape_Dimension; i++) { vstore_half_rte(vload_half(i, r), i, t); }
    }
}
