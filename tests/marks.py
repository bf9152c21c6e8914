"""Which tests take long, and which need system packages: the fast run of CONTRIBUTING.md leaves both out.

Tests are named by their functions. Measured on one busy core: those here take more than about five seconds together.
"""

SLOW = {
    "test_a_bomb_is_refused_before_the_work",
    "test_a_notebook_says_what_it_said",
    "test_a_slice_of_the_battery",
    "test_a_vertex_too_degenerate_to_list_its_edges_leaves_the_rest_standing",
    "test_all_cells_against_conic_solver",
    "test_an_unbounded_set_is_cut_off_by_a_box",
    "test_another_process_draws_the_same_bytes",
    "test_bad_input_is_one_line_and_nothing_is_written",
    "test_badly_scaled_columns",
    "test_beyond_64_bits",
    "test_close_to_a_breakpoint_the_guess_is_mended_and_then_proved",
    "test_corpora",
    "test_every_figure_of_every_example_is_drawn_and_no_word_is_cut_off",
    "test_facets_of_many_cells",
    "test_few_degenerate_instances_are_undecided",
    "test_float_programs_never_leave_the_hull",
    "test_forty_antipodal_pairs",
    "test_no_generic_instance_is_undecided",
    "test_plot_with_chosen_neurons_and_feature",
    "test_the_demo_of_every_example",
    "test_the_same_figure_is_the_same_file",
    "test_vertices_of_random_problems_agree_with_brute_force",
}

SYSTEM: set[str] = set()
