// A course with what a player must cope with: headings, lists, a table, hostile
// HTML, both kinds of question, a lesson without content.
export const TITLE = 'Warehouse basics <for> "new" colleagues';

const block = (id, type, content, order) => ({ id, type: `BLOCK_TYPE_${type}`, content, order });

const choice = {
	question: 'When are the core hours?', question_type: 'multiple_choice',
	options: [{ id: 'a', text: 'From 8:00 to 16:00' }, { id: 'b', text: 'From 10:00 to 15:00' },
		{ id: 'c', text: 'There are none & never were' }],
	correct_answer_id: 'b', explanation: 'Core hours are from 10:00 to 15:00.',
};
const truth = {
	question: 'Hours are entered by Friday noon.', question_type: 'true_false',
	options: [{ id: 'true', text: 'True' }, { id: 'false', text: 'False' }],
	correct_answer_id: 'true', explanation: 'The handbook says so.',
};

export const content = {
	sections: [
		{ id: 's1', name: 'Your first week', lessons: [
			{ id: 'l1', title: 'Working hours', blocks: [
				block('b1', 'HEADING', 'Working hours', 1),
				block('b2', 'TEXT', '<p>Core hours are from <strong>10:00 to 15:00</strong>.</p>' +
					'<ul><li>Enter your hours by Friday noon.</li></ul>' +
					'<script>document.title = "owned"</script><p onclick="x()">Fine</p>' +
					'<a href="javascript:alert(1)">bad link</a>' +
					'<table><tr><th>Shift</th><th>From</th></tr><tr><td>Early</td><td>6:00</td></tr></table>', 2),
				block('b3', 'KNOWLEDGE_CHECK', JSON.stringify(choice), 3),
				block('b4', 'KNOWLEDGE_CHECK', JSON.stringify(truth), 4),
			] },
			{ id: 'l2', title: 'Your badge', blocks: [
				block('b5', 'TEXT', '<p>Wear your badge where it can be seen.</p>', 1)] },
		] },
		{ id: 's2', name: 'Safety', lessons: [
			{ id: 'l3', title: 'Lifting', blocks: [
				block('b6', 'TEXT', '<p>Lift with your legs.</p>', 1)] },
		] },
	],
};

export const request = {
	settings: { title: TITLE, desired_outcome: 'New colleagues know the basics.',
		category_tags: ['onboarding', 'safety', 'Straße', 'hall 3'] },
	assessment_settings: { enable_embedded_knowledge_checks: true },
	content,
};
