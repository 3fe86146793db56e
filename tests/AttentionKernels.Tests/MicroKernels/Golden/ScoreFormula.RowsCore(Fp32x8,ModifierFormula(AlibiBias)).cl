{
    // ScoreFormula.RowsCore<Fp32x8, ModifierFormula<AlibiBias>>
    global float* scores = var0;
    const int stride = var1;
    const int rows = var2;
    const int count = var3;
    const float scale = var4;
    const int firstKey = 1000;
    global float* terms = var5;
    float8 largest = -INFINITY;
    for (int row = 0; row < rows; row++) {
        global float* s = scores + (long)row * stride;
        for (int i = count; i % 8 != 0; i++) s[i] = 0.0f;
        const float8 a = terms[4 * row + 0];
        const float8 b = terms[4 * row + 1];
        for (int i = 0; i < count; i += 8) {
            const float8 score = vload8(0, s + i) * scale;
            const float8 key = (float)(firstKey + i) + (float8)(0, 1, 2, 3, 4, 5, 6, 7);
            float8 value;
            const float8 t0 = b - key;
            const float8 t1 = (float8)as_float(0x00000000u) - t0;
            const float8 t2 = select(t0, t1, t0 < (float8)as_float(0x00000000u));
            const float8 t3 = fma(a, t2, score);
            value = t3;
            vstore8(value, 0, s + i);
            largest = select(largest, -value, -value > largest);
        }
    }
    { const float4 h8 = fmax(largest.lo, largest.hi); { const float2 h4 = fmax(h8.lo, h8.hi); var6 = (fmax(h4.x, h4.y)); } }
}
