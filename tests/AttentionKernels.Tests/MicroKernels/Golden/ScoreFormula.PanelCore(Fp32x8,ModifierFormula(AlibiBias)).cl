{
    // ScoreFormula.PanelCore<Fp32x8, ModifierFormula<AlibiBias>>
    global float* scores = var0;
    const int count = var1;
    const float scale = var2;
    const int firstKey = 1000;
    global float* terms = var3;
    for (int v = 0; v < 2; v++) {
        global float* s = scores + 8 * v;
        const float8 a = vload8(0 + v, terms);
        const float8 b = vload8(2 + v, terms);
        for (int i = 0; i < count; i++) {
            const float8 score = vload8(2 * i, s) * scale;
            const float8 key = (float)(firstKey + i);
            float8 value;
            const float8 t0 = b - key;
            const float8 t1 = (float8)as_float(0x00000000u) - t0;
            const float8 t2 = select(t0, t1, t0 < (float8)as_float(0x00000000u));
            const float8 t3 = fma(a, t2, score);
            value = t3;
            vstore8(value, 2 * i, s);
        }
    }
}
